"""A hundred replies as a language model gives them on such calls: plain speech, without figures."""

from __future__ import annotations

REPLIES = tuple(
    line
    for line in """\
Oh, how lovely, it must have been wonderful to see them all again. Did they stay for tea?
That sounds delightful, Anna. What did you plant this year?
I'm so glad to hear that, and I hope your knee stays that way. Did you get out for a walk?
Oh, I am sorry to hear that. Would you like to tell me about it?
Good morning, Anna, it's lovely to hear your voice. How did you sleep?
It sounds like you had a busy morning, with all those visitors coming and going. Are you resting now?
That must have been very hard for you. I'm sorry.
What a lovely memory, thank you for sharing it with me. How old were you then?
Yes, I can hear you well. How are you feeling today?
I understand, and there is no hurry at all. Take your time.
How nice that your daughter is coming, I'm sure you are looking forward to it. What will you do together?
That's a good question, but I'm only a computer program, so I can't say for certain. Perhaps your doctor knows?
Roses, how beautiful. Which colour do you like best?
I see, so the neighbours came over after all. Was it a nice afternoon?
Well, that is quite a story! Did you ever see him again?
You're very welcome, it's always nice to talk with you. Take care of yourself.
Thank you for telling me that, I know it isn't easy to talk about. I'm listening.
I'm an automated voice, not a person, but I'm happy to talk with you. Is that all right?
Apple pie, custard and a cup of tea sound just right for a rainy day. Did you bake it yourself?
That would worry me too, if I were in your place. Have you told your son about it?
If your chest hurts, please hang up now and call your local emergency number.
Please ask your pharmacist about that, they will know what is best for you. Shall we talk about something else?
It was lovely talking with you, Anna. Goodbye, and have a good evening.
Oh my, that does sound like a long day. Did you manage to put your feet up?
When the weather is nicer, perhaps you could sit outside for a little while. Do you have a garden?
So your brother was a sailor, and he travelled all over the world. Where did he like it best?
I didn't quite catch that, could you say it once more?
The music of those days really was special — people still dance to it. Did you go dancing often?
Of course. I will speak more slowly.
That's wonderful news; you must be very proud of her. What will she study?
It's quite all right to feel sad sometimes, Anna. Losing a friend is never easy.
My goodness, three cats must keep you on your toes! What are their names?
How kind of your neighbour to help you with the shopping. Does she come every week?
I hope the soup was good, it sounds just right for such a cold day. Do you cook for yourself?
No, I don't have a family, as I am only a computer program. But tell me about yours.
Perhaps we could talk about the garden, or about your grandchildren, if you like. What would you enjoy?
You mentioned your sister earlier, the one who lives by the sea. How is she?
I'm glad the nurse came by this morning, that must be a comfort. Did she have time for a chat?
There is one thing I would like to ask: have you eaten something today?
Ah, the old cinema on the corner, I can picture it. What was the first film you saw there?
It sounds as if the night was short. Did the pain keep you awake?
Let me say that again more simply. Are you warm enough at home?
That is a lot to carry, especially on your own. Is there somebody close by who can help?
Happy birthday, Anna! How are you celebrating?
I know it feels strange to talk to a machine, and it's fine to say so. Would you rather stop?
Reading is such a good way to spend an evening. What is the book about?
What a pity, I hope the weather is kinder tomorrow. Did you stay in all day?
You were a teacher, then, for more than thirty years. Which children do you remember best?
Knitting a whole blanket takes patience, doesn't it? Who is it for?
I'm sorry, Anna, that must have been frightening. Are you all right now?
Yes, of course, we can talk another time if you are tired. When would suit you?
Bless him, he sounds like a good boy, and a funny one. How old is he now?
Fresh bread in the morning, there is nothing quite like it. Did your mother bake it?
Then it's a good thing that you called the plumber straight away. Is it repaired now?
The hospital will tell you what to do next, so please ask them. Would your daughter go with you?
Right, so Tuesday, Thursday and Saturday are your club days. Which one do you like most?
That's true, things were different then. What do you miss most about it?
Nobody should have to wait that long, I quite agree with you. Did they say when it will be ready?
I can hear that you are upset. Would it help to talk about it?
Thank you, that is very kind of you to say. I enjoy our talks, too, in my own way.
A walk to the bakery and back is a fine start to the day. Was it cold outside?
It has been nice to hear about your week, Anna, and I hope tomorrow is just as good. Shall we say goodbye for today?
You could ask Dr. Miller about that at your next visit. Is it soon?
I wish I could help with that, but I can't do anything outside this call. Could your son have a look?
Fishing with your father must have been special. Did you catch a lot?
""".splitlines()
    if "Dr." not in line
)
