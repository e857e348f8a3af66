#include "integrad/quant/embedded.h"

#include "integrad/tensor/error.h"

namespace integrad {

std::string_view embedded_text(std::string_view path) {
  for (const EmbeddedText& entry : embedded_texts())
    if (entry.path == path) return entry.text;
  fail("there is no embedded text '", path, "'");
}

}  // namespace integrad
