// A sphere on a canvas, seen from far away: directions that are dragged, and arrows.

const NEAR = 14; // pixels around a direction in which a press takes it
const scaled = (p, factor) => p.map((x) => x * factor);
const dot = (p, q) => p[0] * q[0] + p[1] * q[1] + p[2] * q[2];
const plus = (p, q) => [p[0] + q[0], p[1] + q[1], p[2] + q[2]];
const unit = (p) => scaled(p, 1 / Math.hypot(...p));

// Where both spheres are seen from; turning one turns the other.
export class View {
  constructor() {
    this.azimuth = -0.6;
    this.elevation = 0.35;
    this.watchers = [];
  }

  turn(right, up) {
    this.azimuth -= right;
    this.elevation = Math.max(-1.55, Math.min(1.55, this.elevation + up));
    for (const watcher of this.watchers) watcher();
  }

  // Rightward, upward, towards the eye.
  axes() {
    const [ca, sa] = [Math.cos(this.azimuth), Math.sin(this.azimuth)];
    const [ce, se] = [Math.cos(this.elevation), Math.sin(this.elevation)];
    return [[-sa, ca, 0], [-se * ca, -se * sa, ce], [ce * ca, ce * sa, se]];
  }
}

export class Globe {
  // `moved(index, direction)` is called when a direction was moved, `chose(index)` when one was chosen.
  constructor(canvas, letter, look, view, moved, chose) {
    Object.assign(this, { canvas, letter, look, view, moved, chose });
    this.points = [];
    this.arrow = null;
    this.chosen = 0;
    this.grip = null;
    view.watchers.push(() => this.draw());
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, () => { this.grip = null; });
    }
    canvas.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  show(points, arrow) {
    this.points = points;
    this.arrow = arrow;
    this.chosen = Math.min(this.chosen, points.length - 1);
    this.draw();
  }

  // Where a point is on the canvas, in CSS pixels, and how near it is to the eye.
  place(p) {
    const [right, up, eye] = this.view.axes();
    return [this.middle + this.radius * dot(p, right), this.middle - this.radius * dot(p, up), dot(p, eye)];
  }

  // The direction under a place of the canvas, on the side of the sphere that is asked for.
  under(x, y, front) {
    const [right, up, eye] = this.view.axes();
    let [u, v] = [(x - this.middle) / this.radius, (this.middle - y) / this.radius];
    const size = Math.hypot(u, v);
    if (size > 1) [u, v] = [u / size, v / size];
    const depth = Math.sqrt(Math.max(0, 1 - u * u - v * v)) * (front ? 1 : -1);
    return unit(plus(plus(scaled(right, u), scaled(up, v)), scaled(eye, depth)));
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left - this.canvas.clientLeft, event.clientY - box.top - this.canvas.clientTop];
  }

  press(event) {
    const [x, y] = this.at(event);
    this.canvas.focus();
    this.canvas.setPointerCapture(event.pointerId);
    const reach = event.pointerType === "touch" ? 2 * NEAR : NEAR;
    let best = null;
    this.points.forEach((point, index) => {
      const [px, py, depth] = this.place(point);
      const distance = Math.hypot(px - x, py - y);
      // of two that lie over each other the nearer one to the eye
      const rank = distance + (depth < 0 ? NEAR / 2 : 0);
      if (distance <= reach && (best === null || rank < best.rank)) {
        best = { rank, index, front: depth >= 0, shift: [px - x, py - y] };
      }
    });
    this.grip = best === null ? { turning: [x, y] } : best;
    if (best !== null) this.choose(best.index);
    event.preventDefault();
  }

  drag(event) {
    if (this.grip === null) return;
    const [x, y] = this.at(event);
    if (this.grip.turning) {
      const [oldX, oldY] = this.grip.turning;
      this.grip.turning = [x, y];
      this.view.turn((x - oldX) / this.radius, (y - oldY) / this.radius);
      return;
    }
    const { index, front, shift } = this.grip;
    this.moved(index, this.under(x + shift[0], y + shift[1], front));
  }

  choose(index) {
    this.chosen = index;
    this.draw();
    this.chose(index);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = ((event.shiftKey ? 0.2 : 2) * Math.PI) / 180;
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const turns = { a: [-1, 0], d: [1, 0], w: [0, -1], s: [0, 1] };
    const count = this.points.length;
    if (event.key in arrows && count) {
      const [right, up, eye] = this.view.axes();
      const point = this.points[this.chosen];
      const wanted = plus(scaled(right, arrows[event.key][0]), scaled(up, arrows[event.key][1]));
      // along the sphere, as an arrow on the screen points; where that points at the eye, around it
      const along = plus(wanted, scaled(point, -dot(wanted, point)));
      const way = Math.hypot(...along) > 1e-6 ? unit(along) : scaled(eye, -1);
      this.moved(this.chosen, unit(plus(scaled(point, Math.cos(step)), scaled(way, Math.sin(step)))));
    } else if (event.key.toLowerCase() in turns) {
      const [x, y] = turns[event.key.toLowerCase()];
      this.view.turn(0.1 * x, 0.1 * y);
    } else if ((event.key === "n" || event.key === "p") && count) {
      this.choose((this.chosen + (event.key === "n" ? 1 : count - 1)) % count);
    } else {
      return;
    }
    event.preventDefault();
  }

  draw() {
    const { canvas } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    const dense = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * dense);
    canvas.height = Math.round(height * dense);
    const side = Math.min(width, height);
    this.middle = width / 2;
    this.radius = side / 2 - 26;
    const pen = canvas.getContext("2d");
    pen.scale(dense, dense);
    if (height !== width) this.middle = side / 2;
    const colours = getComputedStyle(document.documentElement);
    const colour = (name) => colours.getPropertyValue(`--${name}`).trim();
    this.ground(pen, colour);
    const order = this.points.map((point, index) => [this.place(point)[2], index]).sort((p, q) => p[0] - q[0]);
    for (const [depth, index] of order) if (depth < 0) this.mark(pen, index, colour);
    if (this.arrow) this.vector(pen, this.arrow, colour(this.letter === "a" ? "u" : "v"));
    for (const [depth, index] of order) if (depth >= 0) this.mark(pen, index, colour);
  }

  ground(pen, colour) {
    pen.lineWidth = 1;
    pen.strokeStyle = colour("quiet");
    pen.fillStyle = colour("soft");
    pen.beginPath();
    pen.arc(this.middle, this.middle, this.radius, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
    pen.strokeStyle = colour("line");
    for (const [first, second] of [[[1, 0, 0], [0, 1, 0]], [[0, 1, 0], [0, 0, 1]], [[0, 0, 1], [1, 0, 0]]]) {
      for (const front of [false, true]) {
        pen.setLineDash(front ? [] : [2, 4]);
        pen.beginPath();
        let down = false;
        for (let k = 0; k <= 120; k += 1) {
          const angle = (k * Math.PI) / 60;
          const [x, y, depth] = this.place(plus(scaled(first, Math.cos(angle)), scaled(second, Math.sin(angle))));
          if ((depth >= 0) === front && down) pen.lineTo(x, y);
          else pen.moveTo(x, y);
          down = (depth >= 0) === front;
        }
        pen.stroke();
      }
    }
    pen.setLineDash([]);
    pen.font = "italic 14px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillStyle = colour("quiet");
    for (const [name, axis] of [["x", [1, 0, 0]], ["y", [0, 1, 0]], ["z", [0, 0, 1]]]) {
      const [x, y] = this.place(axis);
      const size = Math.hypot(x - this.middle, y - this.middle);
      // outside of the sphere where there is a way out, so that no name lies on a direction
      if (size > 0.25 * this.radius) {
        const out = (this.radius + 13) / size;
        pen.fillText(name, this.middle + (x - this.middle) * out, this.middle + (y - this.middle) * out);
      }
    }
  }

  mark(pen, index, colour) {
    const [x, y, depth] = this.place(this.points[index]);
    const own = colour(this.look);
    pen.lineWidth = 2;
    pen.strokeStyle = own;
    pen.fillStyle = depth >= 0 ? own : colour("soft");
    pen.beginPath();
    if (this.letter === "a") {
      pen.arc(x, y, 6, 0, 2 * Math.PI);
    } else {
      pen.moveTo(x, y - 8);
      for (const [dx, dy] of [[8, 0], [0, 8], [-8, 0]]) pen.lineTo(x + dx, y + dy);
      pen.closePath();
    }
    pen.fill();
    pen.stroke();
    if (index === this.chosen && document.activeElement === this.canvas) {
      pen.strokeStyle = colour("ink");
      pen.beginPath();
      pen.arc(x, y, 12, 0, 2 * Math.PI);
      pen.stroke();
    }
    pen.font = "13px system-ui, sans-serif";
    pen.lineWidth = 3;
    pen.strokeStyle = colour("soft");
    pen.fillStyle = depth >= 0 ? colour("ink") : colour("quiet");
    pen.strokeText(`${this.letter}${index}`, x + 16, y - 10);
    pen.fillText(`${this.letter}${index}`, x + 16, y - 10);
  }

  vector(pen, vector, own) {
    const [x, y, depth] = this.place(vector);
    const [dx, dy] = [x - this.middle, y - this.middle];
    const size = Math.hypot(dx, dy);
    pen.strokeStyle = own;
    pen.fillStyle = own;
    pen.lineWidth = 3;
    pen.setLineDash(depth >= 0 ? [] : [6, 4]);
    pen.beginPath();
    pen.moveTo(this.middle, this.middle);
    pen.lineTo(x, y);
    pen.stroke();
    pen.setLineDash([]);
    if (size < 4) {
      pen.beginPath();
      pen.arc(x, y, 5, 0, 2 * Math.PI);
      pen.stroke();
      return;
    }
    const [ux, uy] = [dx / size, dy / size];
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(x - 11 * ux + 5 * uy, y - 11 * uy - 5 * ux);
    pen.lineTo(x - 11 * ux - 5 * uy, y - 11 * uy + 5 * ux);
    pen.fill();
  }
}
