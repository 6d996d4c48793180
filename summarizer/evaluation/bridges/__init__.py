"""Bridges: our runs for others' tools, and others' results for our statistics.

    inspect_export   a cell of a run -> Inspect log
    inspect_logs     Inspect log (.eval, .json) -> Log
    promptfoo        promptfoo results (.json) -> Log
    compare_logs     Log, Log -> Comparison

Neither tool needs to be installed: both formats are read and written here.
"""
