# integrad_embed_text(<output.cpp> <files, relative to the project>...): a C++ source that defines
# integrad::embedded_texts(), the files' texts under their project-relative names. Made anew whenever
# a file changes.
function(integrad_embed_text output)
  set(text "// Generated from the project's own headers.\n#include \"integrad/quant/embedded.h\"\n\n")
  string(APPEND text "namespace integrad {\n\nconst std::vector<EmbeddedText>& embedded_texts() {\n")
  string(APPEND text "  static const std::vector<EmbeddedText> texts{\n")
  foreach(file ${ARGN})
    file(READ ${PROJECT_SOURCE_DIR}/${file} content)
    string(APPEND text "{\"${file}\", R\"~~~~(${content})~~~~\"},\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${file})
  endforeach()
  string(APPEND text "  };\n  return texts;\n}\n\n}  // namespace integrad\n")
  file(CONFIGURE OUTPUT ${output} CONTENT "${text}" @ONLY)
endfunction()
