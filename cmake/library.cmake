# The wrappers through which every target of the tree is made, so that names, include root, warnings and installation
# are the same everywhere.

include(GNUInstallDirs)

# The libraries that others may build on. The rest are parts of our programs and stay at home.
set(sluice_installed_libraries ofmsg ofmsg_json policy slicing)

# Compiles headers alone (target all_verify_interface_header_sets, test headers_stand_alone): those of the file set
# HEADERS. A header that a source of its name includes before all else, which the test `layering` sees to, is compiled
# alone there already; it lies in the file set `own`.
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ${SLUICE_DEVELOPER_MODE})

# What all targets share.
function(sluice_common target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_compile_definitions(${target} PRIVATE SLUICE_VERSION="${PROJECT_VERSION}")
  sluice_warnings(${target})
endfunction()

# sluice_library(<name> HEADERS a.hpp ... SOURCES a.cpp ... [LINK target ...] [PRIVATE_LINK target ...])
#
# Static library sluice_<name>, alias sluice::<name>. Includes are written from the root of the repository
# ("ofmsg/frame.hpp"); installed headers lie under include/sluice. LINK is for what the headers need, PRIVATE_LINK for
# what only the sources need. Without SOURCES the library is an interface.
function(sluice_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;SOURCES;LINK;PRIVATE_LINK")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sluice_library(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(target sluice_${name})

  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    target_link_libraries(${target} PUBLIC ${arg_LINK})
    foreach(link IN LISTS arg_PRIVATE_LINK)
      get_target_property(type ${link} TYPE)
      if(type STREQUAL INTERFACE_LIBRARY)
        # Header-only and used in sources only: nothing that a user of the installed library would need.
        target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:${link}>)
      else()
        target_link_libraries(${target} PRIVATE ${link})
      endif()
    endforeach()
    sluice_common(${target})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${arg_LINK})
    target_compile_features(${target} INTERFACE cxx_std_20)
  endif()
  set(own_headers ${arg_HEADERS})
  foreach(header IN LISTS arg_HEADERS)
    string(REGEX REPLACE "\\.hpp$" ".cpp" source ${header})
    if(NOT source IN_LIST arg_SOURCES)
      list(REMOVE_ITEM own_headers ${header})
    endif()
  endforeach()
  set(other_headers ${arg_HEADERS})
  list(REMOVE_ITEM other_headers "" ${own_headers})
  target_sources(${target}
                 PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${other_headers}
                        FILE_SET own TYPE HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${own_headers})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} INTERFACE_HEADER_SETS_TO_VERIFY HEADERS)
  add_library(sluice::${name} ALIAS ${target})

  if(name IN_LIST sluice_installed_libraries)
    install(TARGETS ${target} EXPORT sluice-targets
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev
            FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sluice COMPONENT dev
            FILE_SET own DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sluice COMPONENT dev
            INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sluice)
  endif()
endfunction()

# sluice_program(<name> SOURCES main.cpp ... [LINK target ...] [INSTALL])
#
# An executable <build>/<folder>/<name>; INSTALL also puts it into bin/ of the installation.
function(sluice_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "INSTALL" "" "SOURCES;LINK")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "sluice_program(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_LINK})
  sluice_common(${name})
  if(arg_INSTALL)
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
  endif()
endfunction()
