HELP="x"
def arguments(parser): pass
