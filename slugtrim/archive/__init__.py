"""Read a compiled slug in one pass, or unpack it if that is safe."""
