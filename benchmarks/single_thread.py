"""Import first: one thread for linear algebra, as in the jobs of the workflow."""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
