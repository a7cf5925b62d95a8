# Installs the package files that make find_package(sluice) work: sluice::ofmsg, sluice::ofmsg_json, sluice::policy,
# sluice::slicing.

include(CMakePackageConfigHelpers)

set(sluice_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/sluice)
set(sluice_exported FALSE)
foreach(name IN LISTS sluice_installed_libraries)
  if(TARGET sluice_${name})
    set(sluice_exported TRUE)
  endif()
endforeach()

if(sluice_exported)
  install(EXPORT sluice-targets NAMESPACE sluice:: DESTINATION ${sluice_package_dir} COMPONENT dev)
  configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/sluice-config.cmake.in
                                ${PROJECT_BINARY_DIR}/sluice-config.cmake
                                INSTALL_DESTINATION ${sluice_package_dir})
  # Before 1.0 a minor version may change the interface.
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/sluice-config-version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/sluice-config.cmake ${PROJECT_BINARY_DIR}/sluice-config-version.cmake
          DESTINATION ${sluice_package_dir} COMPONENT dev)
endif()

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)

# What users copy from or hand to their editors.
set(sluice_share ${CMAKE_INSTALL_DATADIR}/sluice)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/editors DESTINATION ${sluice_share} COMPONENT runtime)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/tests/golden/ DESTINATION ${sluice_share}/cases COMPONENT runtime
        FILES_MATCHING PATTERN *.slicetest PATTERN *.json)
