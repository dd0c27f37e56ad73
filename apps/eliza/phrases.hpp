#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace apps::eliza {

using Words = std::vector<std::string>;

/// Cuts a line into sentences of words: lower case (ASCII), contractions opened ("I'm" → "i am"),
/// punctuation gone. Bytes above 127 are letters. At most 200 words of the line are used.
std::vector<Words> sentences_of(std::string_view line);

/// What each `*` of the pattern caught, or nothing if the words do not fit. Every fixed stretch
/// takes its first possible place, so the work is words × pattern, never exponential.
std::optional<std::vector<Words>> match(std::string_view pattern, Words const& words);

/// The words as the other person would say them: "my" → "your", "i am" → "you are".
std::string reflected(Words const& words);

/// The answer with `(n)` replaced by the n-th piece and the first letter made a capital.
std::string assembled(std::string_view answer, std::vector<Words> const& pieces);

}  // namespace apps::eliza
