#!/usr/bin/env bash
# The API reference as HTML, from the doc comments: installs doxygen where it is missing (Debian,
# Ubuntu), and writes build/docs/html/index.html.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/install.sh
tartan_need doxygen
rm -rf build/docs
mkdir -p build/docs
doxygen docs/Doxyfile
echo "docs.sh: build/docs/html/index.html"
