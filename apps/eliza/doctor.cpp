#include "apps/eliza/doctor.hpp"

#include "apps/common/clipped.hpp"
#include "apps/eliza/phrases.hpp"

#include <algorithm>
#include <utility>

namespace apps::eliza {

namespace {

constexpr std::size_t max_heard_bytes = 4000;  // the rest of a longer message goes unheard
constexpr std::size_t max_memories = 8;
constexpr int max_redirects = 4;  // `=word` chains of a script with a cycle end here

Keyword const* find_keyword(Script const& script, std::string_view word) {
    auto const found = std::find_if(script.keywords.begin(), script.keywords.end(),
                                    [&](Keyword const& entry) { return entry.word == word; });
    return found == script.keywords.end() ? nullptr : &*found;
}

// A caught piece may be empty ("i am" with nothing after it); an answer quoting it would limp.
bool quotes_nothing(std::string_view answer, std::vector<Words> const& pieces) {
    for (std::size_t i = 0; i < pieces.size() && i < 9; ++i) {
        std::string const marker{'(', static_cast<char>('1' + i), ')'};
        if (pieces[i].empty() && answer.find(marker) != std::string_view::npos) {
            return true;
        }
    }
    return false;
}

}  // namespace

DoctorConversation::DoctorConversation(Script const& script) : script_(script) {}

std::string DoctorConversation::answer(std::string_view text) {
    auto const sentences = sentences_of(text);
    // The first sentence with a usable keyword decides, as in the original.
    for (auto const& words : sentences) {
        if (auto reply = answer_sentence(words); !reply.empty()) {
            keep_in_memory(words);
            return reply;
        }
    }
    if (!memory_.empty()) {
        std::string const piece = std::move(memory_.front());
        memory_.pop_front();
        std::string reply(next_of(script_.memories));
        if (auto const marker = reply.find("(1)"); marker != std::string::npos) {
            reply.replace(marker, 3, piece);
        }
        return reply;
    }
    return std::string(next_of(sentences.empty() ? script_.greetings : script_.fallbacks));
}

std::string DoctorConversation::answer_sentence(Words const& words) {
    std::vector<Keyword const*> found;
    for (auto const& word : words) {
        auto const* keyword = find_keyword(script_, word);
        if (keyword != nullptr && std::find(found.begin(), found.end(), keyword) == found.end()) {
            found.push_back(keyword);
        }
    }
    std::stable_sort(found.begin(), found.end(),
                     [](auto const* a, auto const* b) { return a->rank > b->rank; });
    for (auto const* keyword : found) {
        if (auto reply = apply(*keyword, words); !reply.empty()) {
            return reply;
        }
    }
    return {};
}

std::string DoctorConversation::apply(Keyword const& keyword, Words const& words) {
    auto const* current = &keyword;
    for (int step = 0; step < max_redirects && current != nullptr; ++step) {
        Keyword const* redirect = nullptr;
        for (auto const& rule : current->rules) {
            auto const pieces = match(rule.pattern, words);
            if (!pieces) {
                continue;
            }
            auto const reply = next_of(rule.answers);
            if (reply.substr(0, 1) == "=") {
                redirect = find_keyword(script_, reply.substr(1));
                break;
            }
            if (!quotes_nothing(reply, *pieces)) {
                return assembled(reply, *pieces);
            }
        }
        current = redirect;
    }
    return {};
}

void DoctorConversation::keep_in_memory(Words const& words) {
    auto const pieces = match("* my *", words);
    if (!pieces || (*pieces)[1].empty()) {
        return;
    }
    memory_.push_back(reflected((*pieces)[1]));
    if (memory_.size() > max_memories) {
        memory_.pop_front();
    }
}

std::string_view DoctorConversation::next_of(std::vector<std::string_view> const& answers) {
    auto turn = std::find_if(turns_.begin(), turns_.end(),
                             [&](auto const& entry) { return entry.first == &answers; });
    if (turn == turns_.end()) {
        turn = turns_.insert(turns_.end(), {&answers, 0});
    }
    return answers[turn->second++ % answers.size()];
}

DoctorAgent::DoctorAgent()
    : id_("e11a0000-1966-4d0c-8000-000000000001"), name_("Eliza"),
      bio_("A listener in the manner of 1966, who answers your words with your words.") {}

std::string Practice::answer(std::string const& channel, std::string_view text) {
    auto known = cases_.find(channel);
    if (known == cases_.end()) {
        if (cases_.size() >= max_conversations) {
            cases_.erase(
                std::min_element(cases_.begin(), cases_.end(), [](auto const& a, auto const& b) {
                    return a.second.used < b.second.used;
                }));
        }
        known = cases_.emplace(channel, Case{DoctorConversation(doctor_script()), 0}).first;
    }
    known->second.used = ++uses_;
    return known->second.conversation.answer(text);
}

void DoctorAgent::answer(Prompt prompt, std::shared_ptr<Turn> turn) {
    auto const heard = common::clipped(prompt.message.content, max_heard_bytes);
    auto text = practice_.with(
        [&](Practice& practice) { return practice.answer(prompt.message.channel_id, heard); });
    turn->finish({std::move(text)});
}

}  // namespace apps::eliza
