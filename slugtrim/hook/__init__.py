"""The pre-push hook: what git says of a push, which pushes build, their budgets, and installing the hook."""
