"""Rendering: a module per report, each takes a record and returns text. Bytes that are not UTF-8 are surrogates."""
