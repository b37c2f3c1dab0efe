"""The git hook: what git says of a push, which pushes build, what is pushed held against its budgets, installation."""
