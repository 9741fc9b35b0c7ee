#!/bin/sh
# Checks and times the bundle on this machine's card: ./run.sh [--device N] [--only PART] ...
# Needs NVIDIA's driver; with PyTorch, cuBLASLt is timed beside it. Leaves results.md here.
set -eu
cd "$(dirname "$0")"
rm -f torch.tsv
if python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
    python3 torch_int_mm.py cases.tsv > torch.tsv || echo "run: PyTorch failed; going on without" >&2
else
    echo "run: no PyTorch with CUDA here, so there are no times of cuBLASLt" >&2
fi
if command -v nvidia-smi >/dev/null; then
    nvidia-smi --query-gpu=name,clocks.max.sm,clocks.sm,power.limit,driver_version --format=csv >&2 ||
        true
fi
exec ./octet_gpu_runner . "$@"
