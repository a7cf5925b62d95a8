# Finds every foreign library, once, for the whole tree. What is missing is collected and reported together, each with
# the Debian package that brings it; `./run deps` installs the same packages.

set(sluice_missing "")

# sluice_need(<found> <what> <Debian package>): remembers <what> as missing unless <found> is true.
function(sluice_need found what package)
  if(NOT found)
    list(APPEND sluice_missing "  ${what}: Debian package ${package}")
    set(sluice_missing "${sluice_missing}" PARENT_SCOPE)
  endif()
endfunction()

find_package(PkgConfig QUIET)
sluice_need("${PKG_CONFIG_FOUND}" "pkg-config" pkg-config)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(LIBUV QUIET IMPORTED_TARGET libuv>=1.44)
  pkg_check_modules(LIBPCAP QUIET IMPORTED_TARGET libpcap>=1.10)
endif()
sluice_need("${LIBUV_FOUND}" "libuv 1.44 or newer" libuv1-dev)
if(TARGET PkgConfig::LIBUV)
  add_library(sluice_libuv INTERFACE)
  target_link_libraries(sluice_libuv INTERFACE PkgConfig::LIBUV)
endif()

sluice_need("${LIBPCAP_FOUND}" "libpcap 1.10 or newer" libpcap-dev)
if(TARGET PkgConfig::LIBPCAP)
  add_library(sluice_libpcap INTERFACE)
  target_link_libraries(sluice_libpcap INTERFACE PkgConfig::LIBPCAP)
endif()

find_package(OpenSSL 3.0 QUIET)
sluice_need("${OPENSSL_FOUND}" "OpenSSL 3.0 or newer" libssl-dev)
find_package(nlohmann_json 3.11 QUIET)
sluice_need("${nlohmann_json_FOUND}" "nlohmann/json 3.11 or newer" nlohmann-json3-dev)
find_package(cxxopts 3 QUIET)                                # cxxopts::cxxopts
sluice_need("${cxxopts_FOUND}" "cxxopts 3" libcxxopts-dev)
find_package(pugixml 1.11 QUIET)                             # pugixml::pugixml
sluice_need("${pugixml_FOUND}" "pugixml 1.11 or newer" libpugixml-dev)
find_package(fmt 9 QUIET)
sluice_need("${fmt_FOUND}" "fmt 9 or newer" libfmt-dev)
find_package(spdlog 1.10 QUIET)
sluice_need("${spdlog_FOUND}" "spdlog 1.10 or newer" libspdlog-dev)
find_package(tl-expected 1.0 QUIET)                          # tl::expected
sluice_need("${tl-expected_FOUND}" "tl::expected 1.0" libexpected-dev)
find_package(Boost 1.81 QUIET)                               # Boost::headers
sluice_need("${Boost_FOUND}" "Boost headers 1.81 or newer" libboost1.81-dev)
find_package(Threads QUIET)
sluice_need("${Threads_FOUND}" "threads" libc6-dev)

if(SLUICE_DEVELOPER_MODE)
  find_package(doctest 2.4 QUIET)                            # doctest::doctest
  sluice_need("${doctest_FOUND}" "doctest 2.4" doctest-dev)
  find_package(rapidcheck QUIET)                             # rapidcheck
  sluice_need("${rapidcheck_FOUND}" "rapidcheck" librapidcheck-dev)
  find_package(benchmark QUIET)                              # benchmark::benchmark, optional
  if(PKG_CONFIG_FOUND)
    pkg_check_modules(LIBDPDK QUIET libdpdk>=22.11)          # optional, for one benchmark; see bench/README.md
  endif()

  # Debian's os-ken is installed for the system's Python, so that one is preferred to whatever PATH says.
  find_program(SLUICE_PYTHON python3 HINTS /usr/bin)
  mark_as_advanced(SLUICE_PYTHON)
  sluice_need("${SLUICE_PYTHON}" "Python 3" python3)
endif()

if(sluice_missing)
  list(JOIN sluice_missing "\n" sluice_missing)
  message(FATAL_ERROR "Libraries that Sluice needs were not found:\n${sluice_missing}\n"
                      "Run ./run deps to install everything that is needed.")
endif()
