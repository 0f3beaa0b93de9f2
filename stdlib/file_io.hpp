#pragma once
// Whole files. Failures are errno values in a std::error_code; whoever speaks to the user finds the words
// (os_text.hpp).

#include <cstdint>  // uint8_t
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace omc::stdlib {

std::optional<std::string> read_whole_file(const std::string& path, std::error_code& why);

// Makes `text` the content of the file, created if missing. Nobody ever sees half of it, nor does a crash leave that:
// the text goes to a temporary file beside it, to the disk, and then takes the file's place, with its permissions. A
// temporary file that a dead process left is removed by the next that writes into the folder. What cannot be replaced (a
// device, a pipe, a file in a folder one may not write to) is written directly.
bool replace_file(const std::string& path, std::string_view text, std::error_code& why);

// The same for those who tell which half failed, by way of PATH.tmp.PID where the system has no files without
// a name.
enum class Replacement : uint8_t { Done, NotWritten, NotRenamed };
Replacement replace_file_stepwise(const std::string& path, std::string_view text, std::error_code& why);

// Removes the temporary files of replacements that are under way in this process, which is about to end: safe in a signal
// handler.
void remove_unfinished_files();

bool append_to_file(const std::string& path, std::string_view text, std::error_code& why);

// Names in a folder without `.` and `..`, in the order of their bytes.
std::optional<std::vector<std::string>> list_folder(const std::string& path, std::error_code& why);

// Makes a folder and those above it; true as well when it is there already.
bool make_folder(const std::string& path, std::error_code& why);

bool entry_exists(const std::string& path);

}  // namespace omc::stdlib
