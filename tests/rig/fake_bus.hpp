#pragma once

#include "socketio/adapter.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace rig {

// A cluster in memory: what one server publishes the others hear at once, on the same thread.
class FakeBus {
public:
    class Member final : public socketio::Adapter {
    public:
        explicit Member(FakeBus& bus) : bus_(bus) {}

        void open(socketio::ClusterMember& self) override {
            self_ = &self;
            bus_.members_.push_back(this);
        }
        void close() override {
            ++closes;
            std::erase(bus_.members_, this);
        }
        std::size_t server_count() const override { return bus_.members_.size(); }
        void publish(socketio::ClusterRequest request) override {
            for (Member* const other : others()) {
                other->self_->on_request(request, {});
            }
        }
        void ask(socketio::ClusterRequest request, std::chrono::milliseconds,
                 std::function<void(socketio::ClusterReplies)> done) override {
            auto const pending = std::make_shared<Question>();
            auto const asked = others();
            pending->missing = asked.size();
            pending->done = std::move(done);
            bus_.questions_.push_back(pending);
            for (Member* const other : asked) {
                other->self_->on_request(request, [pending](socketio::Json reply) {
                    pending->replies.push_back(std::move(reply));
                    if (--pending->missing == 0) {
                        pending->finish();
                    }
                });
            }
            if (asked.empty()) {
                pending->finish();
            }
        }

        int closes = 0;

    private:
        std::vector<Member*> others() const {
            auto members = bus_.members_;
            std::erase(members, this);
            return members;
        }

        FakeBus& bus_;
        socketio::ClusterMember* self_ = nullptr;
    };

    std::shared_ptr<Member> join() { return std::make_shared<Member>(*this); }
    // What the limit of ask() does: whoever still waits is told what there is.
    void expire() {
        for (auto const& question : std::exchange(questions_, {})) {
            question->finish();
        }
    }

private:
    struct Question {
        void finish() {
            if (auto const callback = std::exchange(done, nullptr)) {
                callback({std::move(replies), missing});
            }
        }
        std::vector<socketio::Json> replies;
        std::size_t missing = 0;
        std::function<void(socketio::ClusterReplies)> done;
    };

    std::vector<Member*> members_;
    std::vector<std::shared_ptr<Question>> questions_;
};

}  // namespace rig
