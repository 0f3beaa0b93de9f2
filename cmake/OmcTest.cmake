# A Boost.Test program of a folder: omc_test(tape SOURCES gradients.cpp USES tape). Its main() is made here, unless
# OWN_MAIN says that the sources have one.
function(omc_test name)
  cmake_parse_arguments(ARG "OWN_MAIN" "" "SOURCES;USES;PACKAGES;DEFINITIONS" ${ARGN})
  list(TRANSFORM ARG_USES PREPEND omc_ OUTPUT_VARIABLE uses)
  if(NOT ARG_OWN_MAIN)
    set(main ${CMAKE_CURRENT_BINARY_DIR}/main_${name}.cpp)
    file(CONFIGURE OUTPUT ${main} CONTENT "#define BOOST_TEST_MODULE ${name}\n#include <boost/test/unit_test.hpp>\n")
    list(APPEND ARG_SOURCES ${main})
  endif()
  add_executable(test_${name} ${ARG_SOURCES})
  target_link_libraries(test_${name} PRIVATE ${uses} ${ARG_PACKAGES} Boost::unit_test_framework omc_flags)
  target_compile_definitions(test_${name} PRIVATE BOOST_TEST_DYN_LINK ${ARG_DEFINITIONS})
  # run-tests adds up the reports; failures are logged on standard output as ever.
  add_test(NAME ${name} COMMAND test_${name} --color_output=no --report_level=short --report_format=XML
                                             --report_sink=${PROJECT_BINARY_DIR}/reports/${name}.xml)
endfunction()
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/reports)
