"""Record how large real slugs were: build logs, the journal, and what buildpacks add according to it."""
