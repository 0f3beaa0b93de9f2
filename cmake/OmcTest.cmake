# A Boost.Test program of a folder: omc_test(tape SOURCES gradients.cpp USES tape).
function(omc_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;PACKAGES;DEFINITIONS" ${ARGN})
  list(TRANSFORM ARG_USES PREPEND omc_ OUTPUT_VARIABLE uses)
  add_executable(test_${name} ${ARG_SOURCES})
  target_link_libraries(test_${name} PRIVATE ${uses} ${ARG_PACKAGES} Boost::unit_test_framework omc_flags)
  target_compile_definitions(test_${name} PRIVATE BOOST_TEST_DYN_LINK BOOST_TEST_MODULE=${name} ${ARG_DEFINITIONS})
  add_test(NAME ${name} COMMAND test_${name})
endfunction()
