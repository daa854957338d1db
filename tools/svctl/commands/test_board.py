"""stub"""
HELP = "x"
def arguments(parser): pass
def run(link, args, say): return 0
