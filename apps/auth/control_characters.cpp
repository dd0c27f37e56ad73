#include "apps/auth/control_characters.hpp"

#include <algorithm>
#include <array>

namespace apps::auth {

namespace {

// Characters whose UTF-8 is `lead` and one byte of a range.
struct Range {
    std::string_view lead;
    unsigned char first;
    unsigned char last;
};

constexpr std::array<Range, 7> controls = {
    Range{"", 0x00, 0x1F},          // C0
    Range{"", 0x7F, 0x7F},          // DEL
    Range{"\xC2", 0x80, 0x9F},      // C1
    Range{"\xD8", 0x9C, 0x9C},      // U+061C, Arabic letter mark
    Range{"\xE2\x80", 0x8E, 0x8F},  // U+200E and 200F, marks
    Range{"\xE2\x80", 0xA8, 0xAE},  // U+2028 and 2029, separators; to 202E, embeddings, overrides
    Range{"\xE2\x81", 0xA6, 0xA9},  // U+2066 to 2069, isolates
};

bool starts_with_one(std::string_view text) {
    return std::any_of(controls.begin(), controls.end(), [&](Range const& range) {
        if (!text.starts_with(range.lead) || text.size() == range.lead.size()) {
            return false;
        }
        auto const byte = static_cast<unsigned char>(text[range.lead.size()]);
        return byte >= range.first && byte <= range.last;
    });
}

}  // namespace

bool has_control_characters(std::string_view text) {
    for (; !text.empty(); text.remove_prefix(1)) {
        if (starts_with_one(text)) {
            return true;
        }
    }
    return false;
}

}  // namespace apps::auth
