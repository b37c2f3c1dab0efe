"""What is wrong with a ``.slugignore``, and with what ships."""
