# A Boost.Test program of a folder: omc_test(tape SOURCES gradients.cpp USES tape). Its main() is made here.
function(omc_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;PACKAGES;DEFINITIONS" ${ARGN})
  list(TRANSFORM ARG_USES PREPEND omc_ OUTPUT_VARIABLE uses)
  set(main ${CMAKE_CURRENT_BINARY_DIR}/main_${name}.cpp)
  file(CONFIGURE OUTPUT ${main} CONTENT "#define BOOST_TEST_MODULE ${name}\n#include <boost/test/unit_test.hpp>\n")
  add_executable(test_${name} ${ARG_SOURCES} ${main})
  target_link_libraries(test_${name} PRIVATE ${uses} ${ARG_PACKAGES} Boost::unit_test_framework omc_flags)
  target_compile_definitions(test_${name} PRIVATE BOOST_TEST_DYN_LINK ${ARG_DEFINITIONS})
  # GCC 12 sees an overlap in Boost's string + string that is not there (GCC bug 105651).
  target_compile_options(test_${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
  add_test(NAME ${name} COMMAND test_${name})
endfunction()
