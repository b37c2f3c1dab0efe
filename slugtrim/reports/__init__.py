"""Text of the records that commands make. ``formats`` says which functions each format of a command takes."""
