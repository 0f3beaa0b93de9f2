# What `cmake --install BUILD --prefix FOLDER` puts where. omc finds the rest from its own place (tools/omc/library_path.cpp):
# ../share/omc/lib and ../lib/omc, so those two do not follow CMAKE_INSTALL_LIBDIR.
include(GNUInstallDirs)
set(OMC_DATA ${CMAKE_INSTALL_DATAROOTDIR}/omc)

install(TARGETS omc RUNTIME)
if(TARGET omc_jit_compiler)
  install(TARGETS omc_jit_compiler LIBRARY DESTINATION lib/omc)
endif()
install(TARGETS libomc LIBRARY)
install(FILES include/omc.h TYPE INCLUDE)
install(DIRECTORY stdlib/lib DESTINATION ${OMC_DATA} FILES_MATCHING PATTERN "*.omc")
install(DIRECTORY docs/ TYPE DOC FILES_MATCHING PATTERN "*.md")
install(FILES README.md SECURITY.md LICENSE TYPE DOC)
install(DIRECTORY examples TYPE DOC)

# pkg-config --cflags --libs omc. The prefix is told from where the file lies, so that the folder may be moved.
file(RELATIVE_PATH prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/omc.pc @ONLY CONTENT "prefix=\${pcfiledir}/@prefix@
Name: omc
Description: The OMC language as a library
Version: @PROJECT_VERSION@
Cflags: -I\${prefix}/@CMAKE_INSTALL_INCLUDEDIR@
Libs: -L\${prefix}/@CMAKE_INSTALL_LIBDIR@ -lomc
")
install(FILES ${PROJECT_BINARY_DIR}/omc.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Names under which commands are called, too, and what omc itself tells about its words.
install(CODE "
  set(generated ${PROJECT_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY \${generated})
  foreach(command grep kernel)
    file(CREATE_LINK omc \${generated}/omc-\${command} SYMBOLIC)
  endforeach()
  file(CREATE_LINK omc \${generated}/omnimcode-lsp SYMBOLIC)
  macro(omc_says file)
    execute_process(COMMAND $<TARGET_FILE:omc> \${ARGN} OUTPUT_FILE \${generated}/\${file} COMMAND_ERROR_IS_FATAL ANY)
  endmacro()
  omc_says(omc.1 --man)
  omc_says(omc.bash --completion bash)
  omc_says(_omc --completion zsh)
  omc_says(omc.fish --completion fish)
")
set(generated ${PROJECT_BINARY_DIR}/generated)
install(FILES ${generated}/omc-grep ${generated}/omc-kernel ${generated}/omnimcode-lsp TYPE BIN)
install(FILES ${generated}/omc.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${generated}/omc.bash DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/bash-completion/completions RENAME omc)
install(FILES ${generated}/_omc DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/zsh/site-functions)
install(FILES ${generated}/omc.fish DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/fish/vendor_completions.d)
