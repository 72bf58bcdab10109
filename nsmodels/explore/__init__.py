"""`nsmodels explore`: one page on this machine, on which directions are dragged and the certified bound follows."""
