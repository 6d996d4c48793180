"""The judge: a language model that checks claims and key facts, and compares summaries."""
