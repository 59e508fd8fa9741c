import os
import sys

import program

sys.path.insert(0, os.path.join(program.SOURCE, "test", "serve"))
