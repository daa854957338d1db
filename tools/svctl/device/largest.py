# How much of a heap can be had in one piece; apart, as what svctl sends breaks it into smaller ones.


class _svctl_largest:
    def piece():
        """Prints the bytes of the largest piece of the heap that can be had, in steps of an eighth."""
        import gc

        size = gc.mem_free()
        while size > 256:
            gc.collect()
            try:
                bytearray(size)
                break
            except MemoryError:
                size -= size // 8
        print(size)
