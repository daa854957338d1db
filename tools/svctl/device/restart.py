import machine; machine.reset()  # noqa: E702 - one line, as it is typed at the prompt
