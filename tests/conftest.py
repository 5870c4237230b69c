import os

# Threads that wait for each other cost more than they bring for sounds as short as these.
os.environ.setdefault("OMP_NUM_THREADS", "2")

import matplotlib

matplotlib.use("agg")
