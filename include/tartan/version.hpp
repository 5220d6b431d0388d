// The version, written here and nowhere else: CMake reads these three lines.
#pragma once

#define TARTAN_VERSION_MAJOR 0
#define TARTAN_VERSION_MINOR 1
#define TARTAN_VERSION_PATCH 0
