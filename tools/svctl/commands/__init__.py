"""One file per subcommand of svctl. Each has

    HELP                         a line for `svctl --help`
    arguments(parser)            what it takes
    prepare(args)                optional: what does not need a board, before any is touched
    alone(args, say) -> int      optional: what is done once, and without a board, if none is named
    is_alone(args)               optional: whether that is done; else it is
    every(args)                  optional: the names of the boards that options stand for
    is_endless(args)             optional: whether it goes on until Ctrl-C, and so on all boards at once;
                                 `args.stop` is an Event that ends it
    run(link, args, say) -> int  on an attached board. `say(line)` prints for people, `say.data(value)`
                                 what --json prints instead. Returns the exit code

and those that want no attached board have `LINK = False` and get the port instead of the link.
"""
