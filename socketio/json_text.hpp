#pragma once

// JavaScript's textual forms of numbers, strings and dates, byte for byte as JSON.stringify prints
// them: clients compare and hash such texts. Stateless functions.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace socketio {

class Json;

using IsoTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

/// Shortest digits that read back as the same double: 1, 0.1, 1e+21, 1.5e-7; -0 prints 0, and NaN
/// and the infinities print null.
void append_number(std::string& out, double value);

/// `text` in quotes. WTF-8 surrogates print as \udxxx; bytes that are no UTF-8 at all become
/// U+FFFD, because a client would close the connection over them.
void append_quoted(std::string& out, std::string_view text);

/// How many characters at the start of `text` need no escape in a JSON string: neither quote nor
/// backslash nor control character. `ascii_only` stops at other characters, too.
std::size_t unescaped_prefix(std::string_view text, bool ascii_only = false);

/// The text with everything that is no UTF-8, surrogates included, replaced by U+FFFD: what
/// JavaScript's TextDecoder makes of foreign bytes.
std::string to_valid_utf8(std::string_view bytes);

/// Orders two UTF-8 strings as JavaScript's sort() does: by UTF-16 code units, in which astral
/// characters come before U+E000.
bool utf16_less(std::string_view a, std::string_view b);

/// JSON text with the keys of every object sorted, the input for content hashes.
void append_canonical(std::string& out, Json const& value);

/// Date.prototype.toISOString: 2024-02-29T12:34:56.789Z (years beyond 9999 get JavaScript's six
/// digits and a sign).
std::string iso_time(IsoTime time);
/// That form back, with 0 to 9 fraction digits; Z or a +hh:mm offset is required.
std::optional<IsoTime> parse_iso_time(std::string_view text);

}  // namespace socketio
