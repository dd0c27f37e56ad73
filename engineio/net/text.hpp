#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The small text formats every layer above needs: base64, UTF-8, URL queries, cookies, dates.
/// Pure functions, linear in their input, callable from any thread.
namespace engineio::net {

// --- base64 (RFC 4648) ------------------------------------------------------------------------

/// Standard alphabet with padding.
std::string base64_encode(std::string_view bytes);
/// URL-safe alphabet without padding, as session ids use it.
std::string base64url_encode(std::string_view bytes);
/// Lenient, as Node's Buffer.from(text, 'base64'): both alphabets, anything else skipped, padding
/// optional, the first '=' ends the text. Never fails.
std::string base64_decode(std::string_view text);

// --- UTF-8 (RFC 3629) -------------------------------------------------------------------------

/// Incremental validity check; a character may be split between two calls.
class Utf8State {
public:
    /// False once a byte cannot continue or start a character; then it stays false.
    bool feed(std::string_view bytes) noexcept;
    bool valid_so_far() const noexcept { return ok_; }
    /// Valid so far and not in the middle of a character.
    bool complete() const noexcept { return ok_ && left_ == 0; }

private:
    bool step(std::uint8_t byte) noexcept;

    std::uint8_t left_ = 0;  ///< continuation bytes still expected
    std::uint8_t low_ = 0x80;
    std::uint8_t high_ = 0xBF;  ///< bounds of the next one (no surrogates, no overlong forms)
    bool ok_ = true;
};

bool is_valid_utf8(std::string_view text) noexcept;
/// Replaces each maximal invalid piece by U+FFFD, as browsers and Node decode (WHATWG Encoding).
std::string replace_invalid_utf8(std::string_view text);
/// Length in UTF-16 code units of valid UTF-8, which is what JavaScript calls its length.
std::size_t utf16_length(std::string_view text) noexcept;
/// Length in bytes of the longest prefix of valid UTF-8 with at most `units` UTF-16 code units;
/// a character that needs two units is not cut.
std::size_t utf16_prefix_bytes(std::string_view text, std::size_t units) noexcept;

// --- URLs and headers -------------------------------------------------------------------------

/// A parsed query string by WHATWG rules: '+' is a space, an invalid "%zz" stays, invalid UTF-8
/// becomes U+FFFD. Keeps the order of the pairs.
class Query {
public:
    Query() = default;
    /// `text` is what follows '?', without it.
    static Query parse(std::string_view text);

    /// The value of the last pair of that name; empty if there is none.
    std::string_view get(std::string_view name) const& noexcept;
    /// The same of a temporary, which no view outlives.
    std::string get(std::string_view name) const&& { return std::string(get(name)); }
    bool has(std::string_view name) const noexcept;
    std::vector<std::pair<std::string, std::string>> const& pairs() const& noexcept {
        return pairs_;
    }
    std::vector<std::pair<std::string, std::string>> pairs() && { return std::move(pairs_); }

private:
    std::vector<std::pair<std::string, std::string>> pairs_;
};

/// What Query::parse(text).get(name) would be, if there is a pair of that name: for long texts of
/// strangers, as it keeps no other pair.
std::optional<std::string> last_parameter(std::string_view text, std::string_view name);

/// "%41" → "A"; an invalid escape is kept as it is. `plus_is_space` for queries and forms.
std::string percent_decode(std::string_view text, bool plus_is_space = false);
/// As JavaScript's encodeURIComponent: all but letters, digits and -_.!~*'() is escaped.
std::string percent_encode(std::string_view text);

/// Value of the first cookie of that name in a Cookie header (RFC 6265), without quotes and
/// percent-decoded as the npm package "cookie" does.
std::optional<std::string> find_cookie(std::string_view header, std::string_view name);
/// All cookies of the header, in order.
std::vector<std::pair<std::string, std::string>> parse_cookies(std::string_view header);

/// ASCII case-insensitive comparison, for header names and tokens.
bool iequals(std::string_view a, std::string_view b) noexcept;
std::string to_lower(std::string_view text);
/// Without spaces and tabs at both ends.
std::string_view trim(std::string_view text) noexcept;

/// The next piece of `rest` before `separator`; `rest` keeps what follows it and becomes a view
/// with a null pointer when nothing does. Loop: `while (rest.data()) use(next_piece(rest, ','))`.
std::string_view next_piece(std::string_view& rest, char separator) noexcept;

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::string http_date(std::time_t time);
/// The reverse; nothing if it is not that form.
std::optional<std::time_t> parse_http_date(std::string_view text) noexcept;

/// Bytes from the kernel's CSPRNG. Aborts if it fails: ids must never be guessable.
std::string random_bytes(std::size_t count);
void random_fill(void* out, std::size_t count);

}  // namespace engineio::net
