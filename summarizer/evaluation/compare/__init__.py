"""Comparisons of two variants, and the gate that rests on them."""
