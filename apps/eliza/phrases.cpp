#include "apps/eliza/phrases.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace apps::eliza {

namespace {

constexpr std::size_t max_words = 200;

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::array contractions{
    Pair{"i'm", "i am"},           Pair{"im", "i am"},          Pair{"i've", "i have"},
    Pair{"i'd", "i would"},        Pair{"i'll", "i will"},      Pair{"you're", "you are"},
    Pair{"you've", "you have"},    Pair{"you'd", "you would"},  Pair{"it's", "it is"},
    Pair{"that's", "that is"},     Pair{"he's", "he is"},       Pair{"she's", "she is"},
    Pair{"we're", "we are"},       Pair{"they're", "they are"}, Pair{"what's", "what is"},
    Pair{"don't", "do not"},       Pair{"dont", "do not"},      Pair{"doesn't", "does not"},
    Pair{"can't", "can not"},      Pair{"cant", "can not"},     Pair{"cannot", "can not"},
    Pair{"won't", "will not"},     Pair{"wont", "will not"},    Pair{"isn't", "is not"},
    Pair{"aren't", "are not"},     Pair{"wasn't", "was not"},   Pair{"didn't", "did not"},
    Pair{"couldn't", "could not"},
};

constexpr std::array reflections{
    Pair{"i", "you"},      Pair{"me", "you"},          Pair{"my", "your"},  Pair{"mine", "yours"},
    Pair{"am", "are"},     Pair{"myself", "yourself"}, Pair{"you", "I"},    Pair{"your", "my"},
    Pair{"yours", "mine"}, Pair{"yourself", "myself"}, Pair{"was", "were"},
};

template <std::size_t N>
std::string_view lookup(std::array<Pair, N> const& table, std::string_view word) {
    auto const found = std::find_if(table.begin(), table.end(),
                                    [&](Pair const& entry) { return entry.first == word; });
    return found == table.end() ? word : found->second;
}

bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\'' || c == '-' ||
           static_cast<unsigned char>(c) >= 0x80;
}

Words split(std::string_view text) {
    Words words;
    while (!text.empty()) {
        auto const end = std::min(text.find(' '), text.size());
        if (end > 0) {
            words.emplace_back(text.substr(0, end));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

// Typographic apostrophes come from phones; the script knows the plain one only.
std::string with_plain_apostrophes(std::string_view line) {
    constexpr std::string_view curly = "\xE2\x80\x99";
    std::string plain;
    plain.reserve(line.size());
    while (!line.empty()) {
        if (line.substr(0, curly.size()) == curly) {
            plain += '\'';
            line.remove_prefix(curly.size());
        } else {
            char const c = line.front();
            plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            line.remove_prefix(1);
        }
    }
    return plain;
}

bool word_fits(std::string_view alternatives, std::string_view word) {
    while (true) {
        auto const slash = alternatives.find('/');
        if (alternatives.substr(0, slash) == word) {
            return true;
        }
        if (slash == std::string_view::npos) {
            return false;
        }
        alternatives.remove_prefix(slash + 1);
    }
}

using PatternPart = std::vector<std::string>::const_iterator;

bool stretch_fits(PatternPart first, PatternPart last, Words const& words, std::size_t at) {
    auto const length = static_cast<std::size_t>(last - first);
    if (at + length > words.size()) {
        return false;
    }
    return std::equal(first, last, words.begin() + static_cast<std::ptrdiff_t>(at), word_fits);
}

Words slice(Words const& words, std::size_t from, std::size_t to) {
    return {words.begin() + static_cast<std::ptrdiff_t>(from),
            words.begin() + static_cast<std::ptrdiff_t>(to)};
}

}  // namespace

std::vector<Words> sentences_of(std::string_view line) {
    std::vector<Words> sentences(1);
    std::size_t total = 0;
    std::string word;
    auto const finish_word = [&] {
        if (!word.empty() && total < max_words) {
            for (auto& part : split(lookup(contractions, word))) {
                sentences.back().push_back(std::move(part));
                ++total;
            }
        }
        word.clear();
    };
    for (char const c : with_plain_apostrophes(line)) {
        if (is_word_byte(c)) {
            word += c;
            continue;
        }
        finish_word();
        bool const ends_sentence = c == '.' || c == '!' || c == '?' || c == ';' || c == ',';
        if (ends_sentence && !sentences.back().empty()) {
            sentences.emplace_back();
        }
    }
    finish_word();
    if (sentences.back().empty()) {
        sentences.pop_back();
    }
    return sentences;
}

std::optional<std::vector<Words>> match(std::string_view pattern, Words const& words) {
    auto const parts = split(pattern);
    std::vector<Words> pieces;
    std::size_t at = 0;
    bool open = false;  // a `*` is waiting for the place where the next stretch begins
    for (auto part = parts.begin(); part != parts.end();) {
        if (*part == "*") {
            open = true;
            ++part;
            continue;
        }
        auto const end = std::find(part, parts.end(), "*");
        auto place = at;
        // A stretch that ends the pattern has to end the sentence too: only one place is possible.
        if (open && end == parts.end()) {
            auto const length = static_cast<std::size_t>(end - part);
            place = words.size() >= at + length ? words.size() - length : words.size() + 1;
        }
        while (open && end != parts.end() && place < words.size() &&
               !stretch_fits(part, end, words, place)) {
            ++place;
        }
        if (!stretch_fits(part, end, words, place)) {
            return std::nullopt;
        }
        if (open) {
            pieces.push_back(slice(words, at, place));
        }
        at = place + static_cast<std::size_t>(end - part);
        open = false;
        part = end;
    }
    if (open) {
        pieces.push_back(slice(words, at, words.size()));
    } else if (at != words.size()) {
        return std::nullopt;
    }
    return pieces;
}

std::string reflected(Words const& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        // "you" is a subject before a verb and an object at the end: "you hate me" / "i like you".
        bool const object = words[i] == "you" && i > 0 && i + 1 == words.size();
        bool const after_you = words[i] == "are" && i > 0 && words[i - 1] == "you";
        text += i == 0 ? "" : " ";
        text += object ? "me" : after_you ? "am" : lookup(reflections, words[i]);
    }
    return text;
}

std::string assembled(std::string_view answer, std::vector<Words> const& pieces) {
    std::string text;
    for (std::size_t i = 0; i < answer.size(); ++i) {
        bool const marker = answer[i] == '(' && i + 2 < answer.size() && answer[i + 2] == ')' &&
                            answer[i + 1] >= '1' && answer[i + 1] <= '9';
        if (!marker) {
            text += answer[i];
            continue;
        }
        auto const index = static_cast<std::size_t>(answer[i + 1] - '1');
        text += index < pieces.size() ? reflected(pieces[index]) : "";
        i += 2;
    }
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    }
    return text;
}

}  // namespace apps::eliza
