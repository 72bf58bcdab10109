"""Linear, integer and semidefinite programs: adapters of solvers, behind one gate."""
