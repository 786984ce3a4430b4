"""Evaluation and replay harness for a production tool loop."""
