# Installation: the libraries, their headers under include/integrad/<folder>/, the program when it is
# built, and the package files for find_package(integrad).
include(CMakePackageConfigHelpers)

if(NOT INTEGRAD_BUILD_TRAIN)
  return()
endif()

# integrad::integrad stands for all of the library. (The target `integrad` is the program.)
add_library(integrad_everything INTERFACE)
add_library(integrad::integrad ALIAS integrad_everything)
set_target_properties(integrad_everything PROPERTIES EXPORT_NAME integrad)
target_link_libraries(integrad_everything INTERFACE integrad::train)

if(NOT INTEGRAD_INSTALL)
  return()
endif()

get_property(integrad_libraries GLOBAL PROPERTY INTEGRAD_LIBRARIES)
install(TARGETS ${integrad_libraries} integrad_everything EXPORT integrad_targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})

# The public headers are those of the library folders but for what serves one instruction set.
include(IntegradHeaders)
integrad_public_headers(integrad_headers)
foreach(header ${integrad_headers})
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${PROJECT_SOURCE_DIR}/${header}
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/integrad/${folder})
endforeach()

if(TARGET integrad)
  install(TARGETS integrad RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

set(integrad_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/integrad)
install(EXPORT integrad_targets NAMESPACE integrad:: DESTINATION ${integrad_package_folder}
  FILE integradTargets.cmake)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/integradConfig.cmake.in
  ${PROJECT_BINARY_DIR}/integradConfig.cmake INSTALL_DESTINATION ${integrad_package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/integradConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/integradConfig.cmake
  ${PROJECT_BINARY_DIR}/integradConfigVersion.cmake DESTINATION ${integrad_package_folder})
