"""How Sphinx makes the site: `make docs`. Nothing is executed and nothing is downloaded while it builds."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_extensions"))

import nsmodels  # noqa: E402

project = "nsmodels"
author = "The nsmodels authors"
copyright = author
release = version = nsmodels.__version__
language = "en-GB"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "myst_nb",
    "native_math",
    "generated_pages",
    "readable_docstrings",
]
exclude_patterns = ["_build", "_extensions", "**.ipynb_checkpoints"]
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # notebooks are shown with the outputs that they are stored with; tests execute them
nb_merge_streams = True
html_math_renderer = "native"

autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_param = False  # types stay prose: "array_like, shape (n, 3)" names no objects
napoleon_use_ivar = True
add_module_names = False
python_use_unqualified_type_names = True

html_theme = "pydata_sphinx_theme"
html_context = {"default_mode": "auto"}
html_title = "nsmodels"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = [name for name in ("verify.html", "verify_bundle.js") if (HERE / name).exists()]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "logo": {"text": "nsmodels"},
}
