#pragma once

#include <functional>
#include <string>

namespace s3proxy::base {

/// What came of opening a file. Nobody in the core opens one: whoever needs files is handed a reader.
struct file_reading {
  enum class outcome { read, absent, unreadable } what = outcome::absent;
  std::string text;  ///< the content, or why it is unreadable (`Permission denied`)
};
using file_reader = std::function<file_reading(std::string const& path)>;

/// What came of looking at files again that a running process depends on.
struct reload_report {
  enum class outcome {
    unchanged,  ///< nothing new
    replaced,   ///< the new content is in force; the sentence says from where
    kept,       ///< the files changed and cannot be used: what was in force stays, the sentence is a warning
  };
  outcome what = outcome::unchanged;
  std::string sentence;
};

}  // namespace s3proxy::base
