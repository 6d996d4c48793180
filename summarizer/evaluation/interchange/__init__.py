"""Results of other tools: Inspect logs, results of promptfoo, tables of scores."""
