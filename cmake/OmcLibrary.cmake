# One static library a folder. The include path of a library holds the folder itself, the folders it names and theirs, and
# nothing else: an #include that points to a floor above does not compile (docs/architecture.md, Floors).
#
# SOURCES and USES as in the architecture table; PACKAGES are imported targets of third-party libraries.
function(omc_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;PACKAGES" ${ARGN})
  set(root ${PROJECT_BINARY_DIR}/include/${name})  # holds nothing but a link to the folder
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${root}/${name} SYMBOLIC)
  list(TRANSFORM ARG_USES PREPEND omc_ OUTPUT_VARIABLE uses)
  add_library(omc_${name} STATIC ${ARG_SOURCES})
  target_include_directories(omc_${name} PUBLIC ${root})
  target_link_libraries(omc_${name} PUBLIC ${uses} PRIVATE omc_flags ${ARG_PACKAGES})
endfunction()
