# SPDX-License-Identifier: Apache-2.0
# cmake --install: library, headers, worker, command, models; pkg-config and CMake package files.
include(CMakePackageConfigHelpers)
install(TARGETS mixspike EXPORT mixspikeTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/mixspike DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY analog-models DESTINATION ${CMAKE_INSTALL_DATADIR}/mixspike)
install(EXPORT mixspikeTargets NAMESPACE mixspike::
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mixspike)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/mixspikeConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/mixspikeConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mixspike)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/mixspikeConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/mixspikeConfig.cmake
        ${CMAKE_CURRENT_BINARY_DIR}/mixspikeConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/mixspike)
# Relative to the file itself, so that `cmake --install --prefix` elsewhere stays right.
file(RELATIVE_PATH MS_PREFIX_FROM_PC ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(${CMAKE_CURRENT_LIST_DIR}/mixspike.pc.in ${CMAKE_CURRENT_BINARY_DIR}/mixspike.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/mixspike.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
