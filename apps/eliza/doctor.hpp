#pragma once

#include "apps/common/synchronized.hpp"
#include "apps/eliza/agent.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace apps::eliza {

/// One way to read a sentence and the ways to answer it. In `pattern` a `*` stands for any number
/// of words and `a/b` for one of several words; `(1)` in an answer is what the first `*` caught,
/// seen from the other side ("my" becomes "your"). An answer `=word` means: use that keyword's
/// rules instead.
struct Decomposition {
    std::string_view pattern;
    std::vector<std::string_view> answers;
};

/// A word worth reacting to. Of several in a sentence the highest rank is tried first.
struct Keyword {
    std::string_view word;
    int rank;
    std::vector<Decomposition> rules;
};

/// Everything the doctor knows. Static data; outlives every conversation.
struct Script {
    std::vector<std::string_view> greetings;
    std::vector<std::string_view> fallbacks;  ///< when nothing matches and nothing is remembered
    std::vector<std::string_view> memories;   ///< `(1)` is something said about "my ..." earlier
    std::vector<Keyword> keywords;
};

Script const& doctor_script();

/// Joseph Weizenbaum's method of 1966: find the most important keyword, take the sentence apart
/// by a pattern, put an answer together from the pieces; each rule's answers are used in turn.
/// Work is linear in the words of the line, which are bounded. One thread at a time.
class DoctorConversation {
public:
    explicit DoctorConversation(Script const& script);

    /// The answer to one line; never empty.
    std::string answer(std::string_view text);

private:
    using Words = std::vector<std::string>;

    std::string answer_sentence(Words const& words);
    std::string apply(Keyword const& keyword, Words const& words);
    void keep_in_memory(Words const& words);
    std::string_view next_of(std::vector<std::string_view> const& answers);

    Script const& script_;
    std::vector<std::pair<void const*, std::size_t>> turns_;  // answer list → times used
    std::deque<std::string> memory_;
};

/// The conversations of all channels: what was talked about lately. Those beyond
/// `max_conversations` are forgotten, the longest unused first; the doctor then greets again.
class Practice {
public:
    static constexpr std::size_t max_conversations = 512;

    std::string answer(std::string const& channel, std::string_view text);

private:
    struct Case {
        DoctorConversation conversation;
        std::uint64_t used;
    };
    std::map<std::string, Case> cases_;
    std::uint64_t uses_ = 0;
};

/// The agent "Eliza", who speaks by the doctor's script.
class DoctorAgent final : public Agent {
public:
    DoctorAgent();
    std::string const& id() const override { return id_; }
    std::string const& name() const override { return name_; }
    std::string const& bio() const override { return bio_; }
    void answer(Prompt prompt, std::shared_ptr<Turn> turn) override;

private:
    std::string id_;
    std::string name_;
    std::string bio_;
    common::Synchronized<Practice> practice_;
};

}  // namespace apps::eliza
