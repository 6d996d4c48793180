"""Comparisons of two cells, and the gate that rests on them."""
