"""Sum-of-squares lower bounds over two unit spheres."""
