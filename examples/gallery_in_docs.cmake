# Fails unless docs/gallery.md and docs/gallery/ are what examples/gallery writes, byte for byte.
# cmake -D WRITTEN=<where it wrote> -D DOCS=<the folder docs> -P gallery_in_docs.cmake
cmake_minimum_required(VERSION 3.21)

set(remedy "write them anew: build/release/examples/gallery docs")
foreach(folder IN ITEMS WRITTEN DOCS)
  file(GLOB ${folder}_files RELATIVE "${${folder}}" "${${folder}}/gallery.md"
       "${${folder}}/gallery/*")
endforeach()
list(LENGTH WRITTEN_files count)
if(count LESS 2)
  message(FATAL_ERROR "no gallery in ${WRITTEN}")
endif()
if(NOT WRITTEN_files STREQUAL DOCS_files)
  message(FATAL_ERROR "docs has: ${DOCS_files}\nthe program writes: ${WRITTEN_files}\n${remedy}")
endif()
foreach(name IN LISTS WRITTEN_files)
  file(SHA256 "${WRITTEN}/${name}" written)
  file(SHA256 "${DOCS}/${name}" docs)
  if(NOT written STREQUAL docs)
    message(FATAL_ERROR "docs/${name} is not what the program writes: ${remedy}")
  endif()
endforeach()
message(STATUS "docs has the gallery that the program writes: ${count} files")
