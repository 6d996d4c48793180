"""Many articles: a job's folder that survives every crash, its budget, and what it will need."""
